"""What lesson 04 alone needs: its texts, its exercises, its widgets."""

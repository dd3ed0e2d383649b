"""What lesson 05 alone needs: its texts, its exercises, its widgets."""

"""What lesson 01 alone needs: its texts, its exercises, its widgets."""

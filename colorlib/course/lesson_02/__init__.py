"""What lesson 02 alone needs: its texts, its exercises, its widgets."""

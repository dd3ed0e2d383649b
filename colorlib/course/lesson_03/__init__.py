"""What lesson 03 alone needs: its texts, its exercises, its widgets."""

"""What lesson 00 alone needs: its texts, its exercises, its widgets."""

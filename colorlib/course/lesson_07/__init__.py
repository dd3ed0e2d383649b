"""What lesson 07 alone needs: its texts, its exercises, its widgets, its audits."""

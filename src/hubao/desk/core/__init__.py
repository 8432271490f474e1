"""What every room of the desk needs: who asks, work items, messages to rooms above, errors told."""

"""What happens to everybody at once: runs over a region and period, in chunks, exactly once whatever breaks."""

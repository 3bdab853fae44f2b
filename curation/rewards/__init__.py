"""What a trial's reward says: success or not, and how much better than its group."""

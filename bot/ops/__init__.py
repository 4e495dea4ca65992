"""What those who run Instep look at: health and metrics."""

"""Reports that the hub makes by itself and keeps as they were."""

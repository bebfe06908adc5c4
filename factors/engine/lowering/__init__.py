"""What each verb becomes in the graph."""

"""What the tests of the verbs share."""

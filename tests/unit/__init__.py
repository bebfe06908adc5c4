"""Tests of a module each, in the folders of the code."""

"""Many sequences with a label each, one file for each format."""

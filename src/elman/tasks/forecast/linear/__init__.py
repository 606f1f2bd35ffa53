"""The forecast that the network corrects: ridge, and blends with local models."""

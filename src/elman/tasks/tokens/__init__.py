"""What a text is made of: characters, bytes, words, subwords."""

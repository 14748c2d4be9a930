"""The tests: what the code promises, sentence by sentence."""

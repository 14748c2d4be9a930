"""The server: takes in logs, folds them, answers."""

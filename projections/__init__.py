"""Answers: pure folds over a history."""

"""The tablet: records what happens, offline, and hands it in."""

"""What the tablet adds to the command `xunji`. Heavy imports stay inside the functions."""

import click

commands: list[click.Command] = []

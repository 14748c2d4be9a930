"""Pages whose lists stand beside them in `backend`: one module for each."""

"""The policyholder: asks for a code, sees who looked, objects and reports."""

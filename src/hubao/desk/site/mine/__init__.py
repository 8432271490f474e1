"""The policyholder's page: who has looked at my data. Plain forms, no script, no account."""

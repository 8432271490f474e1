"""Who works here: staff and their units, partners, service accounts, roles, sign-ins."""

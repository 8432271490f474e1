"""Signing in with an OpenID Connect provider of the insurer's; there only if settings name one."""

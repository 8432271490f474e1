"""A desk full of made-up people: a simulated insurer's policies, staff and three years of looks."""

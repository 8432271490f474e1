"""Messages to people outside: by SMS, mail or WeCom, or to a folder where nothing is real."""

"""What goes out to people and systems outside: e-mail, group robots, webhooks; over `org`."""

"""Moving data between systems, durably: feeds in, deliveries out, quarantine for what cannot go on."""

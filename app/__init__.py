"""The CRM without a screen."""

"""The project: settings, addresses and the Celery application. Everything of the field lives in the apps."""

"""The image and the compose stack, built and run on a machine that has neither Docker nor an image registry."""

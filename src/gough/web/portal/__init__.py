"""The portal: pages made on the server, from the same use cases as the API."""

"""What Gough expects of a MAAS region, checked against the emulator and, where one is given, a real region."""

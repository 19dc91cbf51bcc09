# Copyright: The Gough authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every plugin of the collection is told about the server."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  url:
    description: Address of the Gough server, as its GOUGH_PUBLIC_URL has it. E(GOUGH_URL) where it is not given.
    type: str
  token:
    description:
      - An API key of Gough, or an access token. E(GOUGH_TOKEN) where it is not given.
      - Reading wants the scope C(view); every module names what it wants besides.
    type: str
  ca_path:
    description: PEM file of the certificate authority that signed the server's certificate. E(GOUGH_CA_FILE) where it is not given.
    type: path
  timeout:
    description: Seconds one request may take.
    type: int
    default: 30
"""

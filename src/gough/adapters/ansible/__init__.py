"""Ansible: playbooks over SSH, run by ansible-runner as processes of their own.

https://ansible.readthedocs.io/projects/runner/en/stable/
"""

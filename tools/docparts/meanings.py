"""What each setting means, for people. The names and defaults come from gough.config."""

from collections.abc import Mapping

# {heading: {name: meaning}}; a setting that is missing here stops the generator.
MEANINGS: Mapping[str, Mapping[str, str]] = {
    "What it cannot do without": {
        "SECRET_KEY": "At least 32 characters. Stored secrets are encrypted with a key derived from it: without it a "
        "backup's secrets are lost.",
        "SECRET_KEY_PREVIOUS": "The key before, while SECRET_KEY is being changed: what it sealed can still be opened "
        "([how](security.md#changing-secret_key)).",
        "GOUGH_PUBLIC_URL": "The address at which servers and people reach Gough. It answers to this host name and to "
        "the loopback only. Needed before anything is deployed.",
    },
    "Database": {
        "DATABASE_URL": "`postgresql://user:password@host/name`. Without it: SQLite, `gough.db` in GOUGH_DATA_DIR.",
    },
    "MAAS": {
        "MAAS_URL": "`http://maas.example:5240/MAAS/` of a first region, called `default`. More: `gough region add`.",
        "MAAS_API_KEY": "That region's key, `consumer:token:secret` as `maas apikey` prints it. Read once, at the "
        "first start that has it; kept encrypted.",
        "GOUGH_MAAS_POLL_SECONDS": "Pause between two looks at a region's event log.",
        "GOUGH_MAAS_PRESENCE_SECONDS": "Pause between two checks for machines that are new or gone; MAAS logs no event "
        "for either. At least 300, unless MAAS_URL is on this computer: it is an expensive question.",
    },
    "Fleet": {
        "FLEET_URL": "`https://fleet.example:8443` of a first Fleet server, called `default`, with its URL prefix if "
        "it has one. More: `gough fleet server add`.",
        "FLEET_TOKEN": "The token of an API-only user of that server. Read once, at the first start that has it; kept "
        "encrypted.",
        "FLEET_CA_FILE": "PEM file of the authority that signed that server's certificate, where the system does not "
        "trust it.",
        "GOUGH_FLEET_POLL_SECONDS": "Pause between two looks at what changed on a Fleet server.",
        "GOUGH_FLEET_FULL_SECONDS": "Pause between two looks at every host of it; only those find hosts that are gone.",
    },
    "Ansible": {
        "GOUGH_ANSIBLE": "Run each template's playbook on its machines, as stage configure ([how](ansible.md)).",
        "GOUGH_ANSIBLE_DIR": "Folder with `playbooks` and `collections` of your own, in place of the shipped ones.",
        "GOUGH_ANSIBLE_USER": "The account that the user-data makes on each machine for it, and that it logs in as.",
        "GOUGH_ANSIBLE_PARALLEL": "How many playbooks a server without Celery runs at a time.",
        "GOUGH_SSH_CONFIG": "OpenSSH client configuration for these connections: a bastion, another port. No other "
        "is read.",
    },
    "Serving": {
        "GOUGH_HOST": "The address to listen on.",
        "GOUGH_PORT": "The port to listen on.",
        "GOUGH_TRUSTED_PROXIES": "The reverse proxies' addresses or networks, with commas: `127.0.0.1,10.20.0.0/24`. "
        "Who asks and by https or not is read from the headers of these alone ([how](#behind-a-proxy)).",
        "GOUGH_CA_FILE": "PEM file of the authority that signed Gough's certificate; servers are told to trust it.",
        "GOUGH_MAAS_ON_LOOPBACK": "Regions and Fleet servers may be at this computer's own addresses. They may anyway "
        "where MAAS_URL, FLEET_URL or GOUGH_PUBLIC_URL is there.",
        "GOUGH_ALLOW_HTTP": "Accept a GOUGH_PUBLIC_URL with plain http outside the loopback: tokens then cross the "
        "network readable.",
        "GOUGH_SETUP_SECRET": "The one-time secret of the first administrator. Without it one is made and printed at "
        "each start, until there is an administrator.",
        "GOUGH_RATE_LIMIT": "Requests that one caller may make in a minute; 0: any number. Signing in, setting up and "
        "machines have limits of their own.",
        "LOG_LEVEL": "`DEBUG`, `INFO`, `WARNING` or `ERROR`.",
        "DEBUG": "A line for every request, as with LOG_LEVEL=DEBUG; and an answer of the API that is not as "
        "documented fails loudly. For development.",
    },
    "Files": {
        "GOUGH_DATA_DIR": "Where Gough writes: the SQLite database, py4web's app folder, the agent's archives.",
        "GOUGH_TEMPLATES_DIR": "The template library, imported at each start. Without it: the one that comes with "
        "Gough.",
        "GOUGH_CONSOLE_DIR": "Where a console server (conserver, ipmiconsole) keeps machines' serial consoles, as "
        "HOSTNAME.log each. A stage that hangs is diagnosed with its last lines.",
        "GOUGH_AGENT_DIR": "The agent's archives that servers download. Without it: `agent` in GOUGH_DATA_DIR.",
    },
    "People and what they did": {
        "GOUGH_ADMINS_NEED_TOTP": "Administrators can do nothing but enrol a second factor until they have one.",
        "GOUGH_AUDIT_DAYS": "Audit entries older than so many days are removed; 0 keeps all.",
    },
    "Single sign-on": {
        "GOUGH_OIDC_ISSUER": "The OpenID Connect provider, exactly as it writes its issuer. Without it there is no "
        "single sign-on ([how](#single-sign-on)).",
        "GOUGH_OIDC_CLIENT_ID": "What Gough is called there.",
        "GOUGH_OIDC_CLIENT_SECRET": "Its secret there; none for a public client, which PKCE protects.",
        "GOUGH_OIDC_NAME": "What people call the provider: `Sign in with …`.",
        "GOUGH_OIDC_SCOPES": "What is asked of the provider, `openid` among it; some need `groups` as well.",
        "GOUGH_OIDC_GROUPS_CLAIM": "The claim that lists somebody's groups; dots lead into a claim, as in "
        "`realm_access.roles`.",
        "GOUGH_OIDC_ROLE_MAP": "Which group has which role: `gough-admins=admin,ops=operator`. Semicolons where the "
        "names have commas.",
        "GOUGH_OIDC_DEFAULT_ROLE": "The role of whoever has none of these groups. Without it they are refused.",
        "GOUGH_OIDC_NEED_ACR": "One of these words must be the token's `acr`: how strongly somebody signed in.",
        "GOUGH_OIDC_NEED_AMR": "One of these words must be in the token's `amr`, such as `mfa otp`.",
        "GOUGH_OIDC_ALLOW_LOCAL": "Whether names and passwords work beside it. Set it to true again when the provider "
        "is gone.",
    },
    "Jobs and agents": {
        "GOUGH_EXECUTOR": "`threads` moves jobs inside `gough serve`. `celery` leaves them to `gough worker` processes "
        "over Redis, and MAAS and the clock to `gough beat`; it needs PostgreSQL and REDIS_URL.",
        "REDIS_URL": "`redis://host:6379/0`, for GOUGH_EXECUTOR=celery. Nothing is lost when it is emptied.",
        "GOUGH_WEB_PROCESSES": "How many processes answer requests: one a core. More than one needs PostgreSQL.",
        "GOUGH_WORKER_THREADS": "How many jobs are moved at the same time.",
        "GOUGH_PULSE_FILE": "A file that `gough worker` and `gough beat` touch at each round, for a health check: "
        "`python -m gough.healthcheck`.",
        "GOUGH_LEASE_SECONDS": "How long a job stays with a worker that has died.",
        "GOUGH_AGENT_INTERVAL_SECONDS": "Pause between an agent's heartbeats. Three missed ones, and it is offline.",
        "GOUGH_DEADLINES": "Other deadlines than the stages' own: `install=90m,agent=10m`. Units s, m, h.",
    },
}

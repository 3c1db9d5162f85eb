"""Who may do what in the stack's Postgres: a role for each service, with the rights that it needs and its own password.

The superuser is the stack's own, to make roles and to look whether the server lives: no service knows its password.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from stack.site import Site


class Role(NamedTuple):
    """A service's way in."""

    name: str
    database: str
    """The one database that it may connect to."""
    is_owner: bool
    """Whether it makes and changes the tables there; others read and write their rows."""


ROLES = (
    Role("iceberg", "iceberg", is_owner=True),  # PyIceberg, in Dagster's runs and every command
    Role("mlflow", "mlflow", is_owner=True),
    Role("dagster", "dagster", is_owner=True),
    Role("trino", "iceberg", is_owner=False),
    Role("spark", "iceberg", is_owner=False),
)
_MOVE_TO = """
DO $$ DECLARE found record; BEGIN
  FOR found IN SELECT c.oid::regclass AS name FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND r.rolname = session_user
  LOOP EXECUTE format('ALTER TABLE %s OWNER TO {owner}', found.name); END LOOP;
END $$
"""
"""Tables of a stack from when one superuser made all; sequences and indexes go with their tables."""


def password_of(site: Site, role: str) -> str:
    """Kept in stack.json alone, like every secret of the site."""
    return site.secret(f"postgres-{role}")


def make_roles(cursor: Any, site: Site) -> None:
    """Make each role with its password, in any database; it may do nothing yet."""
    cursor.execute("SELECT rolname FROM pg_roles")
    there = {name for (name,) in cursor.fetchall()}
    for role in ROLES:
        verb = "ALTER" if role.name in there else "CREATE"
        rights = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION"
        cursor.execute(f"{verb} ROLE {role.name} {rights} PASSWORD %s", [password_of(site, role.name)])


def grant(cursor: Any, database: str) -> None:
    """Let the roles of a database, to which the cursor is connected, in, and nobody else."""
    (owner,) = (role.name for role in ROLES if role.database == database and role.is_owner)
    cursor.execute(f"ALTER DATABASE {database} OWNER TO {owner}")
    cursor.execute(f"REVOKE ALL ON DATABASE {database} FROM PUBLIC")
    cursor.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    cursor.execute(f"ALTER SCHEMA public OWNER TO {owner}")
    cursor.execute(_MOVE_TO.format(owner=owner))
    for role in ROLES:
        if role.database == database and not role.is_owner:
            rows = "SELECT, INSERT, UPDATE, DELETE"
            cursor.execute(f"GRANT CONNECT ON DATABASE {database} TO {role.name}")
            cursor.execute(f"GRANT USAGE ON SCHEMA public TO {role.name}")
            cursor.execute(f"GRANT {rows} ON ALL TABLES IN SCHEMA public TO {role.name}")
            cursor.execute(
                f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT {rows} ON TABLES TO {role.name}"
            )

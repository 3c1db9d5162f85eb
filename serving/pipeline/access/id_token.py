"""What the other server's token says: whether it is meant for us, who came, and what they may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from serving.pipeline.access.roles import ROLES, Person, Role
from ticklake_assets.core.errors import DataError, SetupError

_SIGNED_BY = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
"""Never `none`, and never a shared secret's."""
_SKEW_S = 60


def claims_of(token: str, keys: Mapping[str, Any], issuer: str, client_id: str, nonce: str) -> dict[str, Any]:
    """Check a token as OpenID Connect Core 3.1.3.7 says; DataError for one that is another's, old or not signed."""
    rules = jwt.JWTClaimsRegistry(
        leeway=_SKEW_S,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": client_id},
        exp={"essential": True},
        sub={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    try:
        known = KeySet.import_key_set(keys)  # type: ignore[arg-type]  # its shape is checked there
        claims = jwt.decode(token, known, algorithms=_SIGNED_BY).claims
        rules.validate(claims)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{issuer}: Expected a token for these pages, was another ({error})") from None
    party, audience = claims.get("azp"), claims["aud"]
    if party != client_id and (party or (isinstance(audience, list) and len(audience) > 1)):
        raise DataError(
            f"{issuer}: Expected a token that {client_id} asked for, was one of {party or 'nobody named'}"
        )
    return claims


def person_of(claims: Mapping[str, Any], claim: str, roles: Mapping[str, tuple[Role, ...]]) -> Person:
    """Whoever the claims name, with the roles of the values of one of them; DataError where there is no such role."""
    name = _name(claims)
    said = claims.get(claim, [])
    values = (
        [said] if isinstance(said, str) else [str(each) for each in said] if isinstance(said, list) else []
    )
    found = {role for value in values for role in roles.get(value, ())}
    if not found:
        raise DataError(
            f"{name}: Expected one of {', '.join(roles)} in the claim {claim!r}, was {', '.join(values) or 'none'}. "
            "TICKLAKE_PAGES_OIDC_ROLES says what each may do"
        )
    return Person(f"{name} (OIDC)", frozenset(found | {"see"}))


def _name(claims: Mapping[str, Any]) -> str:
    """The address that the server knows to be theirs; else what nobody can choose stands in it."""
    email, chosen = claims.get("email"), claims.get("preferred_username")
    if isinstance(email, str) and email and claims.get("email_verified") is True:
        name = email
    else:
        name = f"{str(chosen)[:60]} [{claims['sub']}]" if chosen else str(claims["sub"])
    return "".join(each if each.isprintable() else "?" for each in name)


def roles_by_value(text: str) -> dict[str, tuple[Role, ...]]:
    """`traders=see+trade,quants=see+research`."""
    found: dict[str, tuple[Role, ...]] = {}
    for each in filter(None, (part.strip() for part in text.split(","))):
        value, _, words = each.partition("=")
        roles = tuple(role for role in ROLES if role in words.split("+"))
        if not value or len(roles) != len(set(words.split("+"))):
            raise SetupError(
                f"TICKLAKE_PAGES_OIDC_ROLES: Expected VALUE=ROLE+ROLE with roles of {', '.join(ROLES)}, was {each!r}"
            )
        found[value] = roles
    return found

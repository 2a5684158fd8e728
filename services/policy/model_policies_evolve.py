"""Events turn into the state of a policy: one pure function each."""

from dataclasses import replace

from chassis.acts import Evolve, Moment
from chassis.plain import plain
from services.policy import model_policies, model_writing
from services.policy.model import COUNTY_DIGITS
from services.policy.model_policies import Edition, Policy
from yiwang.policy.v1 import events_pb2 as events


def _saved(before: Policy | None, event: events.PolicySaved, moment: Moment) -> Policy:
    region = event.text.region
    policy = before or Policy(
        id=event.policy_id,
        department=event.department,
        department_name=event.department_name,
        region=region,
        county=region[:COUNTY_DIGITS],
        status=model_policies.DRAFT,
        created_at=moment.at,
        changed_at=moment.at,
    )
    writing = model_writing.after_saved(before.writing if before else None, plain(event.text), moment)
    policy = replace(
        policy,
        writing=writing,
        saved_seq=writing.version,
        changed_at=moment.at,
        department_name=event.department_name,
    )
    # What the public knows changes with an edition alone.
    return policy if policy.editions else replace(policy, region=region, county=region[:COUNTY_DIGITS])


def _returned(policy: Policy, event: events.PolicyReturned, moment: Moment) -> Policy:
    return replace(policy, writing=model_writing.after_returned(policy.writing, event.reason), changed_at=moment.at)


def _published(policy: Policy, event: events.PolicyPublished, moment: Moment) -> Policy:
    text = policy.writing.working
    due = model_policies.ends_at(model_policies.text_of(text))
    return replace(
        policy,
        status=model_policies.PUBLISHED,
        region=event.region,
        county=event.region[:COUNTY_DIGITS],
        writing=model_writing.after_public(policy.writing),
        text=text,
        editions=[*policy.editions, Edition(event.edition, policy.saved_seq, moment.at)],
        published_at=moment.at,
        changed_at=moment.at,
        due=due,
        due_of=model_policies.EXPIRE if due else "",
    )


def _expired(policy: Policy, _event: events.PolicyExpired, moment: Moment) -> Policy:
    moved = model_writing.moved(policy.writing)
    return replace(policy, status=model_policies.EXPIRED, writing=moved, due=None, due_of="", changed_at=moment.at)


def _withdrawn(policy: Policy, event: events.PolicyWithdrawn, moment: Moment) -> Policy:
    return replace(
        policy,
        status=model_policies.WITHDRAWN,
        writing=model_writing.after_dropped(policy.writing),
        status_reason=event.reason,
        due=None,
        due_of="",
        changed_at=moment.at,
    )


EVOLVE: Evolve = {
    events.PolicySaved: _saved,
    events.PolicyReturned: _returned,
    events.PolicyPublished: _published,
    events.PolicyExpired: _expired,
    events.PolicyWithdrawn: _withdrawn,
}

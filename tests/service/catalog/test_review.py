"""Four eyes: nobody publishes what he alone has seen, and nothing with faults goes to the public."""

import grpc

from tests.support.actors import officer
from tests.support.calling import refused
from tests.support.catalog_service import ANN, BEN, CatalogHere, item
from tests.support.directory import implementation, publish
from yiwang.catalog.v1 import items_pb2 as items
from yiwang.catalog.v1 import service_pb2 as pb

Code = grpc.StatusCode
CARL = officer("catalog")


def test_who_wrote_any_of_it_cannot_review_it_and_somebody_else_can(catalog: CatalogHere) -> None:
    catalog.desk(ANN).SaveItem(definition=item())
    saved = catalog.desk(BEN).SaveItem(definition=item(name="公共场所卫生许可（改）"))
    assert saved.draft_status == pb.DRAFT_STATUS_WRITTEN
    for writer in (ANN, BEN):
        with refused(Code.PERMISSION_DENIED, "WRITER_MAY_NOT_REVIEW"):
            catalog.desk(writer).ReviewItem(item_id=saved.id, version=saved.version)
    reviewed = catalog.desk(CARL).ReviewItem(item_id=saved.id, version=saved.version, note="属实")
    assert reviewed.draft_status == pb.DRAFT_STATUS_REVIEWED
    published = catalog.desk(ANN).PublishItem(item_id=saved.id)
    assert (published.edition, published.draft_status) == (1, pb.DRAFT_STATUS_NONE)
    # The next edition has writers of its own.
    again = catalog.desk(CARL).SaveItem(definition=item(name="公共场所卫生许可（再改）"))
    assert (
        catalog.desk(ANN).ReviewItem(item_id=again.id, version=again.version).draft_status == pb.DRAFT_STATUS_REVIEWED
    )


def test_nothing_is_published_before_its_review_nor_after_it_was_written_again(catalog: CatalogHere) -> None:
    saved = catalog.desk().SaveItem(definition=item())
    with refused(Code.FAILED_PRECONDITION, "NOT_REVIEWED"):
        catalog.desk().PublishItem(item_id=saved.id)
    catalog.desk(BEN).ReviewItem(item_id=saved.id, version=saved.version)
    catalog.desk().SaveItem(definition=item(name="公共场所卫生许可（改）"))
    with refused(Code.FAILED_PRECONDITION, "NOT_REVIEWED"):
        catalog.desk().PublishItem(item_id=saved.id)


def test_a_review_is_of_what_was_looked_at_and_so_is_a_change(catalog: CatalogHere) -> None:
    saved = catalog.desk().SaveItem(definition=item())
    catalog.desk().SaveItem(definition=item(name="改名"), version=saved.version)
    with refused(Code.ABORTED, "VERSION_MOVED"):
        catalog.desk(BEN).ReviewItem(item_id=saved.id, version=saved.version)
    with refused(Code.ABORTED, "VERSION_MOVED"):
        catalog.desk(CARL).SaveItem(definition=item(name="又改名"), version=saved.version)
    catalog.desk(BEN).ReviewItem(item_id=saved.id, version=saved.version + 1)
    with refused(Code.FAILED_PRECONDITION, "NOTHING_TO_REVIEW"):
        catalog.desk(BEN).ReviewItem(item_id=saved.id, version=saved.version + 2)


def test_what_is_sent_back_says_why_and_waits_for_a_review_again(catalog: CatalogHere) -> None:
    reviewed = catalog.reviewed(item())
    returned = catalog.desk(BEN).ReturnItem(item_id=reviewed.id, reason="缺少收费依据")
    assert (returned.draft_status, returned.return_reason) == (pb.DRAFT_STATUS_RETURNED, "缺少收费依据")
    with refused(Code.FAILED_PRECONDITION, "NOT_REVIEWED"):
        catalog.desk().PublishItem(item_id=reviewed.id)
    with refused(Code.FAILED_PRECONDITION, "NOTHING_TO_RETURN"):
        catalog.desk(BEN).ReturnItem(item_id=reviewed.id, reason="再退")
    mended = catalog.desk().SaveItem(definition=item(fee_note="不收费"))
    assert (mended.draft_status, mended.return_reason) == (pb.DRAFT_STATUS_WRITTEN, "")
    assert "return_reason" not in str(catalog.publish(item(fee_note="不收费")))


def test_a_guide_with_faults_is_saved_but_neither_reviewed_nor_published_and_each_fault_is_named(
    catalog: CatalogHere,
) -> None:
    faulty = item(duty_codes=[])
    saved = catalog.desk().SaveItem(definition=faulty)
    with refused(Code.FAILED_PRECONDITION, "LINT_ERRORS") as said:
        catalog.desk(BEN).ReviewItem(item_id=saved.id, version=saved.version)
    assert said.fields == {"definition.duty_codes": "L207"}
    found = catalog.desk().LintDefinition(definition=faulty).findings
    assert [one.field for one in found if one.level == items.FINDING_LEVEL_ERROR] == ["duty_codes"]
    assert found[0].level == items.FINDING_LEVEL_ERROR and found[0].hint
    assert catalog.desk().ListDrafts().lines[0].errors == 1


def test_a_guide_of_a_duty_that_nobody_has_is_neither_reviewed_nor_published_and_the_duty_is_named(
    catalog: CatalogHere,
) -> None:
    orphan = item(duty_codes=["DUTY-1", "DUTY-7", "DUTY-8"])
    directory, saved = catalog.by(ANN, service="DirectoryService"), catalog.desk().SaveItem(definition=orphan)
    directory.SaveImplementation(definition=implementation(code="DUTY-8", base_code=""))  # a draft is no power
    with refused(Code.FAILED_PRECONDITION, "LINT_ERRORS") as said:
        catalog.desk(BEN).ReviewItem(item_id=saved.id, version=saved.version)
    assert said.fields == {"definition.duty_codes": "DUTY_UNKNOWN"}
    assert said.messages["definition.duty_codes"].endswith("：DUTY-7、DUTY-8")
    first = catalog.desk().LintDefinition(definition=orphan).findings[0]
    assert (first.rule, first.field, first.level) == ("DUTY_UNKNOWN", "duty_codes", items.FINDING_LEVEL_ERROR)


def test_a_guide_whose_duty_ended_after_its_review_is_not_published(catalog: CatalogHere) -> None:
    duty = publish(catalog, "Implementation", implementation(code="DUTY-7", base_code=""), ANN, BEN)
    reviewed = catalog.reviewed(item(duty_codes=["DUTY-7"]))
    catalog.by(ANN, service="DirectoryService").WithdrawImplementation(id=duty.id, reason="职权取消")
    for when in ("", "2027-06-01"):
        with refused(Code.FAILED_PRECONDITION, "LINT_ERRORS") as said:
            catalog.desk().PublishItem(item_id=reviewed.id, effective_from=when)
        assert said.fields == {"definition.duty_codes": "DUTY_UNKNOWN"}


def test_a_duty_is_found_by_the_code_it_had(catalog: CatalogHere) -> None:
    publish(catalog, "Implementation", implementation(former_codes=["OLD-DUTY"]), ANN, BEN)
    assert catalog.publish(item(duty_codes=["OLD-DUTY"])).edition == 1


def test_lint_says_beforehand_what_a_save_would_refuse_and_writes_nothing(catalog: CatalogHere) -> None:
    material = pb.Material(key="plan", name="平面图", necessity=pb.NECESSITY_REQUIRED)
    found = catalog.desk().LintDefinition(definition=item(materials=[material, material])).findings
    assert (found[0].rule, found[0].field) == ("KEY_TWICE", "materials[1].key")
    assert catalog.database["items"].find_one({}) is None


def test_a_suspended_item_comes_back_as_it_was(catalog: CatalogHere) -> None:
    published = catalog.publish(item())
    with refused(Code.FAILED_PRECONDITION, "NOT_SUSPENDED"):
        catalog.desk().ResumeItem(item_id=published.id)
    suspended = catalog.desk().SuspendItem(item_id=published.id, reason="系统升级")
    assert (suspended.status, suspended.reason) == (pb.ITEM_STATUS_SUSPENDED, "系统升级")
    resumed = catalog.desk().ResumeItem(item_id=published.id)
    assert (resumed.status, resumed.edition, resumed.reason) == (pb.ITEM_STATUS_PUBLISHED, 1, "")
    assert catalog.journal(published.id) == [
        *("ItemSaved", "ItemReviewed", "ItemPublished", "ItemSuspended", "ItemResumed"),
    ]


def test_a_withdrawn_item_is_over_for_ever_and_stays_readable_with_what_stands_for_it(catalog: CatalogHere) -> None:
    old, new = catalog.publish(item()), catalog.publish(item(code="TEST-2", name="新事项"))
    draft = catalog.desk().SaveItem(definition=item(code="TEST-3"))
    for wrong in (old.id, draft.id, "6c1f1d0a-2f3b-5d52-9c53-7a9d1b1f6e11"):
        with refused(Code.INVALID_ARGUMENT, "SUCCESSOR_UNKNOWN") as said:
            catalog.desk().WithdrawItem(item_id=old.id, reason="职权取消", successors=[new.id, wrong])
        assert list(said.fields) == ["successors[1]"]
    catalog.desk().WithdrawItem(item_id=old.id, reason="职权取消", successors=[new.id])
    shown = catalog.by(None).GetItem(item_id=old.id)
    assert (shown.status, shown.edition, shown.reason) == (pb.ITEM_STATUS_WITHDRAWN, 1, "职权取消")
    assert list(shown.successors) == [new.id] and shown.definition.name == item().name
    desk = catalog.desk()
    for call in (
        lambda: desk.SaveItem(definition=item(name="再来")),
        lambda: desk.WithdrawItem(item_id=old.id, reason="再取消"),
        lambda: desk.PublishItem(item_id=old.id),
    ):
        with refused(Code.FAILED_PRECONDITION, "WITHDRAWN"):
            call()
    # What has ended stands for nothing.
    with refused(Code.INVALID_ARGUMENT, "SUCCESSOR_UNKNOWN"):
        desk.WithdrawItem(item_id=new.id, reason="职权取消", successors=[old.id])

"""Where one is reached: each form states its own part, and the rest stays as it is."""

import pytest

from tests.unit.gateway.told import Services, Site, hidden, refuse
from yiwang.identity.v1 import contacts_pb2 as contacts

PATH = "/account/contact"
STATED = contacts.Contact(
    version=3,
    phone_masked="199****0001",
    email="ann@example.cn",
    address="示范县城关镇人民路12号",
    push_id="oGZUI0egBJY1",
)


@pytest.fixture(autouse=True)
def told(services: Services) -> None:
    services.on("GetContact", STATED)
    services.on("SaveContact", STATED)


def test_the_page_shows_what_is_known_and_never_the_id_of_the_mini_program(site: Site, services: Services):
    site.sign_in()
    page = site.get(PATH).text
    assert "199****0001" in page and 'value="ann@example.cn"' in page and "已绑定" in page and "解除绑定" in page
    assert STATED.push_id not in page and hidden(page, "version") == "3"
    services.on("GetContact", contacts.Contact())
    page = site.get(PATH).text
    assert "未绑定" in page and "解除绑定" not in page and "未登记" in page and hidden(page, "version") == "0"


def test_saving_states_both_and_keeps_the_mini_program(site: Site, services: Services):
    site.sign_in()
    typed = {"email": " new@example.cn ", "address": "", "version": "3", "push_id": "typed-by-somebody"}
    assert site.send(PATH, typed).headers["location"] == f"{PATH}?done=contact-saved"
    (asked,) = services.requests("SaveContact")
    assert (asked.request_id, asked.version, asked.email, asked.address) == ("act-00000001", 3, "new@example.cn", "")
    assert asked.push_id == STATED.push_id
    assert "联系方式已保存" in site.get(f"{PATH}?done=contact-saved").text


def test_unbinding_takes_out_the_mini_program_and_keeps_the_rest(site: Site, services: Services):
    site.sign_in()
    assert site.send(f"{PATH}/unbind", {"version": "3"}).headers["location"] == f"{PATH}?done=unbound"
    (asked,) = services.requests("SaveContact")
    assert (asked.version, asked.email, asked.address, asked.push_id) == (3, STATED.email, STATED.address, "")
    assert site.get(f"{PATH}/unbind").headers["location"] == PATH


def test_a_refusal_stands_at_its_field_with_what_was_typed(site: Site, services: Services):
    site.sign_in()
    services.on(
        "SaveContact", refuse("INVALID_ARGUMENT", "FIELD", "有误", email="电子邮箱不正确，请核对", address="请写完整")
    )
    answer = site.send(PATH, {"email": "nobody", "address": "1号", "version": "3"})
    assert answer.status_code == 400 and 'value="nobody"' in answer.text and 'value="1号"' in answer.text
    assert 'id="contact-email-error"' in answer.text and 'id="contact-address-error"' in answer.text
    services.on("SaveContact", refuse("ABORTED", "VERSION_MOVED", "内容已被修改，请刷新后再试"))
    moved = site.send(PATH, {"email": "new@example.cn", "version": "2"})
    assert moved.status_code == 409 and "内容已被修改" in moved.text and 'value="new@example.cn"' in moved.text


def test_a_version_that_is_none_is_the_services_to_refuse(site: Site, services: Services):
    site.sign_in()
    site.send(PATH, {"email": "new@example.cn", "version": "x"})
    assert services.requests("SaveContact")[0].version == 0


def test_it_needs_a_sign_in_and_a_form_of_ours(site: Site, services: Services):
    assert site.get(PATH).headers["location"].startswith("/sign-in")
    site.sign_in()
    for path in (PATH, f"{PATH}/unbind"):
        assert site.post(path, {"email": "new@example.cn", "version": "3"}).status_code == 403
    assert not services.requests("SaveContact")


def test_officers_and_agents_have_one_without_a_phone(site: Site, services: Services):
    site.sign_in(as_officer=True)
    services.on("GetContact", contacts.Contact(version=1, email="desk@example.cn"))
    page = site.get(PATH).text
    assert "desk@example.cn" in page and "手机号" not in page and 'href="/account/security"' in page
    assert "信息查阅记录" not in page


def test_programs_reach_their_own_contact_and_never_look_up_others(site: Site, services: Services):
    called = {"headers": {"authorization": "Bearer t", "content-type": "application/json"}, "content": b"{}"}
    service = "/api/yiwang.identity.v1.ContactService"
    assert site.post(f"{service}/GetContact", **called).json()["email"] == STATED.email
    assert site.post(f"{service}/LookUpContacts", **called).status_code == 404
    assert "LookUpContacts" not in site.get("/api/openapi.json").text
    assert not services.requests("LookUpContacts")

"""The page at /docs in Chromium: found, read, tried and copied."""

import json
from urllib.parse import quote, urlsplit

from selenium.webdriver.common.keys import Keys

from tests.browser.chromium import Screen
from tests.browser.steps import (
    answered,
    copied,
    open_request,
    ran,
    send,
    sign_in,
    status,
    token,
    value,
)
from tests.support.first_view import BUDGET, FILES
from tests.support.running_system import RunningSystem


def test_somebody_searches_a_resource_tries_it_with_a_token_and_sees_the_answer(
    screen: Screen, system: RunningSystem
) -> None:
    people = system.ask("GET", "/v1/events/1/attendees?filter[lastname]=Weber", token=token(system))
    jonas = people.json["data"][0]["id"]
    screen.open()
    screen.find("#search").send_keys("attendee")
    assert screen.find("#found li[aria-selected=true] .label").text == "attendee"
    screen.find("#search").send_keys(Keys.ENTER)
    screen.until("return document.querySelector('h1')?.textContent === 'attendee'", "the page of attendees")
    screen.picture("noun-light")

    request = open_request(screen, "attendee", "get-v1-attendees-id")
    send(screen, request, id=jonas)
    assert status(screen, request) == "404"  # there are attendees, but not for everybody

    sign_in(screen)
    send(screen, request, id=jonas)
    assert status(screen, request) == "200"
    answer = answered(screen, request)
    assert answer["data"]["attributes"]["firstname"] == "Jonas"
    assert "ms" in screen.find(f"{request} .status").text
    screen.picture("tried-light")

    screen.button("Show the example", request).click()
    assert answered(screen, request)["data"]["attributes"]["firstname"] == "Ada"


def test_curl_asks_for_what_the_page_asks_for(screen: Screen, system: RunningSystem) -> None:
    screen.open()
    request = open_request(screen, "event", "get-v1-events")
    screen.find(f"{request} .queries summary").click()
    field = screen.find(f"{request} input[id^=filter]")
    field.send_keys('[{"name": "name", "op": "ilike", "val": "%maps%"}]')
    send(screen, request)
    shown = answered(screen, request)
    assert shown["meta"]["count"] == 1
    assert json.loads(ran(copied(screen, request))) == shown


def test_curl_sends_the_document_with_the_token(screen: Screen, system: RunningSystem) -> None:
    screen.open()
    request = open_request(screen, "faq", "post-v1-faqs")
    body = screen.find(f"{request} textarea")
    attributes = {"question": 'What\'s "new" at $HOME?', "answer": "It's `all` \\ new"}
    event = {"event": {"data": {"type": "event", "id": "1"}}}
    body.clear()
    body.send_keys(
        json.dumps({"data": {"type": "faq", "attributes": attributes, "relationships": event}}, indent=2)
    )
    command = copied(screen, request)
    assert 'Authorization: JWT $TOKEN"' in command  # also when nobody has signed in: it takes somebody
    answer = json.loads(ran(command, TOKEN=token(system)))
    assert "data" in answer, (command, answer)
    created = answer["data"]
    assert attributes.items() <= created["attributes"].items()
    assert system.ask("GET", f"/v1/faqs/{created['id']}").status == 200


def test_what_is_sent_in_place_is_done(screen: Screen, system: RunningSystem) -> None:
    screen.open()
    sign_in(screen)
    request = open_request(screen, "track", "patch-v1-tracks-id")
    field = screen.find(f"{request} input[id^=id-]")
    field.send_keys("23")
    assert json.loads(value(screen, f"{request} textarea"))["data"]["id"] == "123"
    send(screen, request, id="2")
    assert status(screen, request) == "200", screen.text()
    changed = answered(screen, request)["data"]["attributes"]
    kept = system.ask("GET", "/v1/tracks/2").json["data"]["attributes"]
    assert kept == changed


def test_markup_in_an_answer_stays_text(screen: Screen) -> None:
    markup = "<img src=x onerror=document.title='taken'><b>"
    screen.open(f"#/{quote(markup)}")
    assert screen.run("return document.querySelectorAll('main img, main b').length") == 0
    assert markup in screen.text()
    request = open_request(screen, "event", "get-v1-events-id")
    send(screen, request, id=markup)
    assert status(screen, request) == "404"
    assert markup in screen.find(f"{request} .json").text
    assert screen.run("return document.querySelectorAll('main img, main b').length") == 0


def test_long_text_is_cut_and_can_be_opened(screen: Screen) -> None:
    screen.open("#/event")
    more = screen.find("#request-get-v1-events .reply .beneath button")
    block = screen.find("#request-get-v1-events .reply .json")
    assert (more.text, more.get_attribute("aria-expanded")) == ("More", "false")
    cut = block.size["height"]
    more.click()
    assert (more.text, more.get_attribute("aria-expanded")) == ("Less", "true")
    assert block.size["height"] > 3 * cut
    more.click()
    assert block.size["height"] == cut
    short = screen.run("return document.querySelector('article > .cuttable button').hidden")
    assert short is True  # what is short has no button


def test_links_lead_to_other_nouns_and_back(screen: Screen) -> None:
    screen.open("#/ticket")
    screen.find("#relationship-event a").click()
    screen.until("return document.querySelector('h1')?.textContent === 'event'", "the page of events")
    assert screen.find("#navigation [aria-current=page]").text == "event"
    assert screen.driver.title.startswith("event · ")
    screen.driver.back()
    screen.until("return document.querySelector('h1')?.textContent === 'ticket'", "the page of tickets")
    screen.find("#search").send_keys("/v1/events/12/sessions")
    assert "/v1/events/{id}/sessions" in screen.find("#found").text


def test_the_token_stays_in_the_tab(screen: Screen) -> None:
    screen.open()
    sign_in(screen)
    assert screen.run("return Object.keys(localStorage)") == []
    assert screen.driver.get_cookies() == []
    screen.open("#/user")
    assert screen.find("#token-button").text == "Signed in"
    screen.find("#token-button").click()
    screen.button("Sign out", "#sign-in").click()
    assert screen.find("#token-button").text == "Sign in"
    assert screen.run("return Object.keys(sessionStorage)") == []


def test_a_wrong_password_is_said(screen: Screen) -> None:
    screen.open()
    sign_in(screen, "wrong")
    screen.until("return document.getElementById('sign-in-refusal').textContent", "the refusal")
    assert "password is wrong" in screen.find("#sign-in-refusal").text


def test_people_see_it_soon_and_fetch_little(screen: Screen, system: RunningSystem) -> None:
    screen.open()
    screen.picture("start-light")
    painted = screen.until(
        "return performance.getEntriesByName('first-contentful-paint')[0]?.startTime", "paint"
    )
    assert painted < 5000  # milliseconds, on a busy machine
    fetched = [url for url in screen.fetched() if url.startswith("http")]
    names = [urlsplit(url).path.removeprefix("/docs/") for url in fetched]
    assert sorted(names) == ["/docs", *FILES]
    entries = "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
    assert screen.run(f"return {entries}.reduce((sum, entry) => sum + entry.transferSize, 0)") < BUDGET


def test_details_are_fetched_when_they_are_shown_and_once(screen: Screen) -> None:
    screen.open()
    screen.fetched()
    screen.go("#/faq")
    assert details(screen) == ["nouns/faq.json"]
    screen.find("#relationship-event .opener").click()
    screen.find("#request-get-v1-faqs-id-event summary").click()
    screen.find("#request-get-v1-faqs-id-event .json")
    assert answered(screen, "#request-get-v1-faqs-id-event")["data"]["type"] == "event"
    assert details(screen) == ["nouns/event.json"]
    screen.go("#/event")
    screen.go("#/action/log-in")
    screen.driver.back()
    screen.driver.back()
    screen.until("return document.querySelector('h1')?.textContent === 'faq'", "the page of FAQs")
    assert details(screen) == ["topics/log-in.json"]


def test_a_link_to_an_attribute_or_a_request_opens_it(screen: Screen) -> None:
    for fragment, shown in (
        ("#/event/attribute/privacy", "#attribute-privacy"),
        ("#/event/relationship/tracks", "#relationship-tracks .inside"),
        ("#/action/log-in/request/post-v1-auth-login", "#request-post-v1-auth-login .send"),
    ):
        screen.open(fragment)
        assert screen.find(shown).is_displayed()
        assert screen.find(".looked-at").is_displayed()


def test_a_part_that_does_not_arrive_is_asked_for_again(screen: Screen) -> None:
    screen.open("#/faq")
    screen.find("#relationship-event .opener").click()
    request = "#request-get-v1-faqs-id-event"
    screen.command("Network.enable")
    screen.command("Network.setBlockedURLs", urls=["*/docs/nouns/*"])
    screen.find(f"{request} summary").click()
    assert "did not arrive" in screen.find(f"{request} [role=alert]").text
    screen.go("#/ticket/attribute/price")
    assert "did not arrive" in screen.find("main [role=alert]").text
    assert screen.driver.title.startswith("ticket · ")
    screen.button("Try again", "main").click()
    screen.settle()
    assert "did not arrive" in screen.find("main [role=alert]").text
    screen.go("#/")  # the rest can be used
    assert screen.find("h1").text.startswith("The event")
    screen.driver.back()
    assert screen.find("main [role=alert]").is_displayed()
    screen.command("Network.setBlockedURLs", urls=[])
    screen.button("Try again", "main").click()
    assert screen.find("#attribute-price").is_displayed()
    assert screen.run("return document.querySelector('main [role=alert]')") is None
    assert all("/docs/nouns/" in text for text in screen.complaints())


def details(screen: Screen) -> list[str]:
    """The files of details that were asked for since the last time."""
    paths = [urlsplit(url).path.partition("/docs/")[2] for url in screen.fetched()]
    return [path for path in paths if "/" in path]

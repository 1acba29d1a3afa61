"""Each kind of mail is sent in the language of whoever gets it: texts, amounts, days, and the direction of writing."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chalicelib import db
from chalicelib.settings import settings
from chalicelib.tasks.mail_template import MailTemplate
from chalicelib.tasks.send_and_log import send_and_log
from tests.factories import stored
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.pump import Pump
from tests.tasks.order_scene import happens, mails, scene
from tests.tasks.test_mail_templates import KINDS, address_for, made

# What begins the subject of each kind, with the first values that test_mail_templates makes: German, Arabic.
SUBJECTS = {
    "after_event": ("Jazz <script>", "انتهت فعالية Jazz"),
    "after_event_speaker": ("Jazz <script>", "انتهت فعالية Jazz"),
    "announce_event": ("Jazz <script>", "تعلن Jazz"),
    "email_change": ("Ihre E-Mail-Adresse wurde geändert", "تم تغيير عنوان بريدك"),
    "event_export_fail": ("Jazz <script>", "تعذر تصدير Jazz"),
    "event_exported": ("Jazz <script>", "تم تصدير Jazz"),
    "event_import_fail": ("Eine Veranstaltung konnte nicht", "تعذر استيراد فعالية"),
    "event_imported": ("Jazz <script>", "تم استيراد Jazz"),
    "event_invoice": ("Erinnerung an die Rechnung für Mai 2031", "تذكير بالفاتورة عن مايو 2031"),
    "event_role": ("Einladung zur Mitarbeit bei Jazz", "دعوة للمساعدة في Jazz"),
    "form_requested": ("Erinnerung: Ihre Angaben für Jazz", "تذكير: بياناتك لفعالية Jazz"),
    "group_role": ("Einladung zur Mitarbeit bei Jazz", "دعوة للمساعدة في Jazz"),
    "new_session": ("Neuer Vortrag für Jazz", "جلسة جديدة في Jazz"),
    "order_cancelled": ("Ihre Bestellung für Jazz", "أُلغي طلبك لفعالية Jazz"),
    "order_link": ("Sie sind eingeladen: Jazz", "أنت مدعو: Jazz"),
    "order_receipt": ("Beleg für Ihre Bestellung", "إيصال طلبك"),
    "order_refunded": ("Ihre Erstattung für Jazz", "المبلغ المسترد عن Jazz"),
    "order_to_buyer": ("Ihre Bestellung für Jazz", "طلبك لفعالية Jazz"),
    "order_to_guest": ("Ihre Tickets für Jazz", "تذاكرك لفعالية Jazz"),
    "order_to_organizer": ("Neue Bestellung für Jazz", "طلب جديد لفعالية Jazz"),
    "password_change": ("Ihr Passwort wurde geändert", "تم تغيير كلمة مرورك"),
    "password_reset": ("Neues Passwort setzen", "تعيين كلمة مرور جديدة"),
    "password_reset_verify": ("Setzen Sie ein Passwort", "عيّن كلمة مرور"),
    "question": ("Jazz <script>", "Jazz <script>"),
    "question_copy": ("Jazz <script>", "Jazz <script>"),
    "refund_declined": ("Ihre Erstattung für Jazz", "رُفض طلب الاسترداد"),
    "refund_requested": ("Eine Erstattung wird verlangt: Jazz", "طلب استرداد: Jazz"),
    "review_assigned": ("Vorträge zur Begutachtung für Jazz", "جلسات للتقييم في Jazz"),
    "reviewer_invite": ("Einladung zur Begutachtung für Jazz", "دعوة إلى التقييم في Jazz"),
    "sales_end": ("Der Ticketverkauf für Jazz", "انتهى بيع تذاكر Jazz"),
    "schedule_change": ("Das Programm von Jazz", "تغيّر برنامج Jazz"),
    "session_sign_up": ("Jazz <script>", "لن تُعقد Jazz"),
    "session_state_change": ("Jazz <script>", "Jazz <script>"),
    "speaker_invite": ("Einladung zu einem Vortrag", "دعوة للتحدث في Jazz"),
    "test_mail": ("Testmail", "رسالة تجريبية"),
    "ticket_cancelled": ("Ein Ticket für Jazz", "أُلغيت تذكرة لفعالية Jazz"),
    "ticket_exchanged": ("Ein Ticket für Jazz", "استُبدلت تذكرة لفعالية Jazz"),
    "ticket_offer_ended": ("Ein Ticket für Jazz", "لم تُنقل تذكرة لفعالية Jazz"),
    "ticket_offered": ("Ihnen wird ein Ticket für Jazz", "تُعرض عليك تذكرة لفعالية Jazz"),
    "ticket_passed_on": ("Ihr Ticket für Jazz", "نُقلت تذكرتك لفعالية Jazz"),
    "verification": ("Bitte bestätigen Sie", "يرجى تأكيد عنوان"),
    "video_moderator_invite": ("Einladung, Jazz", "دعوة لإدارة Jazz"),
    "waiting_list_ended": ("Sie sind nicht mehr auf der Warteliste von Jazz", "لم تعد في قائمة انتظار Jazz"),
    "waiting_list_joined": ("Sie sind auf der Warteliste von Jazz", "أنت في قائمة انتظار Jazz"),
    "waiting_list_offer": ("Tickets für Jazz", "تذاكر Jazz"),
}


def test_the_table_has_every_kind() -> None:
    assert [kind.folder for kind in KINDS] == sorted(SUBJECTS)


@pytest.mark.one_database
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.folder)
def test_each_kind_is_sent_in_both_languages(
    kind: type[MailTemplate], database: TestDatabase, pump: Pump
) -> None:
    readers = {
        stored(make_user, language_preference=tag).email: (tag[:2], subject)
        for tag, subject in zip(("de-AT", "ar"), SUBJECTS[kind.folder], strict=True)
    }
    draft = next(made(kind)).mail("nobody@example.org", address_for(kind))
    for email in readers:
        with db.transaction() as session:
            send_and_log(session, kind.folder, replace(draft, to=email))
    sent = {mail["to"][0]: mail for mail in pump.mails()}
    for email, (language, subject) in readers.items():
        assert sent[email]["subject"].lstrip().startswith(subject)
        assert sent[email]["headers"]["content-language"] == language
        direction = "rtl" if language == "ar" else "ltr"
        assert f'<html lang="{language}" dir="{direction}">' in sent[email]["html"]
        assert "viewport" in sent[email]["html"]


def test_an_order_is_told_of_in_the_languages_of_buyer_guest_and_team(
    database: TestDatabase, pump: Pump
) -> None:
    told = scene(
        starts_at=datetime(2031, 5, 2, 17, 30, tzinfo=UTC),
        ends_at=datetime(2031, 5, 2, 21, 0, tzinfo=UTC),
    )
    database.run("UPDATE users SET language_preference = 'de' WHERE id = :id", id=told.buyer.id)
    database.run("UPDATE users SET language_preference = 'ar' WHERE id = :id", id=told.owner.id)
    happens("completed", told.order)
    pump.everything()
    sent = mails(pump)
    assert sent[told.buyer.email]["subject"] == "Ihre Tickets für Harbour Jazz Days"
    for line in (
        "Wann: Freitag, 2. Mai 2031, 19:30 bis 23:00 (Mitteleuropäische Sommerzeit)",
        "4 x Balcony, 12,50 EUR pro Stück",
        "Summe: 50,00 EUR",
    ):
        assert line in sent[told.buyer.email]["text"]
    assert sent["grace@example.org"]["subject"] == "Your tickets for Harbour Jazz Days"
    # What is written from left to right is isolated from the words around it.
    assert "الإجمالي: \u206850.00 EUR\u2069" in sent[told.owner.email]["text"]
    assert "\u2068" not in sent[told.owner.email]["subject"]


def test_clients_choose_the_language_and_the_installation_has_one_for_all_others(
    client: Client, pump: Pump, environment: pytest.MonkeyPatch
) -> None:
    user = stored(make_user, email="ada@example.org")
    asking = client.signed_in_as(user)
    sent = document("user", {"language-prefrence": "German"}, user.id)
    assert asking.patch(f"/v1/users/{user.id}", sent).status == 200
    environment.setenv("MAIL_LANGUAGE", "ar")
    settings.cache_clear()
    staff = client.signed_in_as(stored(make_user, is_admin=True))
    for recipient in ("Ada@example.org", "guest@example.org"):
        assert staff.post("/v1/test-mail", {"recipient": recipient}).status == 200
    pump.everything()
    by_address = {mail["to"][0].lower(): mail["subject"] for mail in pump.mails()}
    assert by_address["ada@example.org"] == "Testmail"
    assert by_address["guest@example.org"] == "رسالة تجريبية"

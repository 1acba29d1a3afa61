"""Most common passwords, which the policy refuses: lower case, and long enough to pass otherwise."""

from typing import Final

_LISTED: Final = """
    password password1 password12 password123 password1234 password! passw0rd p@ssw0rd p@ssword
    12345678 123456789 1234567890 0123456789 87654321 987654321 0987654321 11223344 12341234 12344321
    123123123 00000000 11111111 22222222 66666666 77777777 88888888 99999999
    aaaaaaaa xxxxxxxx zzzzzzzz
    147258369 123654789 159753456 a1234567 a12345678 1234abcd abcd1234 abc12345 abcdefgh abcdefg1
    1q2w3e4r 1q2w3e4r5t 1qaz2wsx 1qazxsw2 q1w2e3r4 q1w2e3r4t5 qwer1234 qwert123 qwerty12 qwerty123
    qwerty1234 qwertyui qwertyuiop asdfasdf asdfghjk asdfghjkl zxcvbnm1 zaq12wsx qazwsxedc 1234qwer
    iloveyou iloveyou1 sunshine princess princess1 football football1 baseball baseball1 basketball
    superman superman1 starwars trustno1 whatever jennifer michelle computer internet welcome1 welcome123
    administrator admin123 admin1234 adminadmin letmein1 letmein123 changeme changeme123 dragon123 monkey123
    master123 shadow123 hello123 test1234 testtest secret123 default1 mustang1 corvette mercedes pokemon1
    charlie1 liverpool liverpool1 chelsea1 arsenal1 samantha victoria openevent openevent1 open-event eventyay
"""
WORST: Final = frozenset(_LISTED.split())

"""One's own account in the browser: the first password, and a passkey instead of one (point 10, PLT-5)."""

OWN = "lantern-orchid-93"


def fill_in(page, **values):
    for name, value in values.items():
        page.locator(f"input[name={name}]").fill(value)


def site(page):
    """The product under a name: a browser binds no passkey to a bare address."""
    return f"http://localhost:{page.product.port}"


def enter(page, username, password):
    page.goto(f"{site(page)}/accounts/login/")
    fill_in(page, login=username, password=password)
    page.locator("form:has(input[name=password]) button[type=submit]").click()
    page.wait_for_url(lambda url: "/accounts/login" not in url)


def test_PLT_5_a_made_up_password_is_changed_before_anything_else(page, product, assert_accessible, screenshot):
    said = product.installation.run("user", "xin_ren", "--role", "sales").stdout
    given = said.split("Password: ")[1].split()[0]
    enter(page, "xin_ren", given)
    assert page.url.endswith("/accounts/password/change/")
    assert_accessible(page)
    screenshot(page, "first-password")
    page.goto(f"{site(page)}/customers/")
    assert page.url.endswith("/accounts/password/change/")
    fill_in(page, oldpassword=given, password1=OWN, password2=OWN)
    page.locator("form:has(input[name=oldpassword]) button.primary").click()
    page.wait_for_url(f"{site(page)}/")
    page.goto(f"{site(page)}/me/")
    assert_accessible(page)


def test_PLT_5_a_passkey_signs_in_without_a_password(page, product, assert_accessible, screenshot):
    product.installation.run("user", "mi_yao", "--role", "sales", "--password", OWN)
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    device = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
              "isUserVerified": True, "automaticPresenceSimulation": True}  # fmt: skip
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": device})
    enter(page, "mi_yao", OWN)
    page.goto(f"{site(page)}/accounts/2fa/")
    assert_accessible(page)
    page.goto(f"{site(page)}/accounts/2fa/webauthn/add/")
    fill_in(page, password=OWN)  # asked once more before keys are changed
    page.locator("form:has(input[name=password]) button[type=submit]").click()
    page.wait_for_url("**/webauthn/add/**")
    fill_in(page, name="我的电脑")
    page.locator("input[name=passwordless]").check()
    page.locator("#mfa_webauthn_add").click()
    page.wait_for_url("**/accounts/2fa/recovery-codes/**")
    assert_accessible(page)
    page.goto(f"{site(page)}/accounts/2fa/webauthn/")
    page.get_by_text("我的电脑").wait_for()
    assert_accessible(page)
    screenshot(page, "passkeys")
    page.context.clear_cookies()
    page.goto(f"{site(page)}/accounts/login/")
    page.locator("#passkey_login").click()
    page.wait_for_url(f"{site(page)}/")
    page.goto(f"{site(page)}/me/")
    assert page.locator("dd.mono").inner_text() == "mi_yao"

// Every text that pages show to people: to translate them is to translate this file.
#pragma once

#include <string_view>

namespace jeton::protocols::pages::texts {

using Text = std::string_view;

constexpr Text kProduct = "Jeton";

constexpr Text kLogIn = "Log in";
constexpr Text kLogInFor = "to go on to ";
constexpr Text kUser = "User name";
constexpr Text kUserOrMail = "User name or e-mail address";
constexpr Text kPassword = "Password";
constexpr Text kLogInBy = "Log in with ";
constexpr Text kWrong = "User name or password is wrong.";
constexpr Text kSlow = "Too many attempts. Wait a minute, then try again.";
constexpr Text kStale = "The form was open for too long, or cookies are off. Try again.";
constexpr Text kUnavailable = "This is not available at the moment. Try again soon.";

constexpr Text kForgot = "Forgot your password?";
constexpr Text kForgotTitle = "Get a new password";
constexpr Text kForgotSend = "Send a link";
constexpr Text kForgotSent =
    "If there is a user of that name or address who can be reached, a link to choose a new password is on its way. It works once, for 30 minutes. If nothing comes, ask whoever runs this service.";
constexpr Text kForgotNobody =
    "This service sends no links. Ask whoever runs it for one: they can make a link at which you choose a new password.";

constexpr Text kCodeTitle = "Second step";
constexpr Text kCode = "Code from your authenticator, or a recovery code";
constexpr Text kWrongCode = "The code is wrong, or was used before.";
constexpr Text kContinue = "Continue";

constexpr Text kLogInByPasskey = "Log in with a passkey";
constexpr Text kWantsPasskey = " asks for more than a password: use your passkey.";
constexpr Text kWrongPasskey = "This passkey is not known here, or could not be checked. Try again.";
constexpr Text kPasskeyFailed = "The passkey could not be used. Try again.";
constexpr Text kAddPasskey = "Add a passkey";
constexpr Text kPasskeySteps = "A passkey logs you in by this device's lock, or by a security key, without a password.";
constexpr Text kPasskeyScript = "Your browser needs scripts for this.";
constexpr Text kPasskeyName = "Name of this passkey";
constexpr Text kPasskeyRefused = "The passkey was not added: it is known already, or could not be checked.";
constexpr Text kPasskeySite = "Passkeys need this service to be reached by a name over TLS.";
constexpr Text kPasskeys = "Passkeys";
constexpr Text kRemove = "Remove";

constexpr Text kConsentTitle = "Allow access?";
constexpr Text kWants = " would like to:";
constexpr Text kSignedInAs = "You are logged in as ";
constexpr Text kAllow = "Allow";
constexpr Text kDeny = "Deny";
constexpr Text kLeads = "You will be sent to ";
constexpr Text kOpenid = "know who you are";
constexpr Text kProfile = "see your name";
constexpr Text kEmail = "see your e-mail address";
constexpr Text kOffline = "keep access while you are away";
constexpr Text kAtApi = " at ";

constexpr Text kInDetail = "In detail:";

constexpr Text kAccount = "Your account";
constexpr Text kLogOut = "Log out";
constexpr Text kLoggedOut = "You are logged out.";
constexpr Text kLogOutTitle = "Log out?";
constexpr Text kLogOutAsk = "An application asks to log you out.";
constexpr Text kStay = "Stay logged in";
constexpr Text kSecurity = "Password and second step";
constexpr Text kCurrentPassword = "Current password";
constexpr Text kNewPassword = "New password";
constexpr Text kPasswordHint = "At least 8 characters.";
constexpr Text kChangePassword = "Change password";
constexpr Text kPasswordChanged = "Your password was changed. Other sessions were logged out.";
constexpr Text kTotpOn = "Logging in asks for a code of your authenticator.";
constexpr Text kTotpOff = "Logging in asks for your password alone.";
constexpr Text kAddTotp = "Set up an authenticator";
constexpr Text kRemoveTotp = "Remove the authenticator";
constexpr Text kTotpTitle = "Set up an authenticator";
constexpr Text kTotpSteps = "Add this key to your authenticator application, then enter the code that it shows.";
constexpr Text kTotpKey = "Key: ";
constexpr Text kTotpOpen = "Open the authenticator";
constexpr Text kTotpCode = "Code";
constexpr Text kRecoveryTitle = "Recovery codes";
constexpr Text kRecovery =
    "Keep these codes in a safe place. Each of them logs you in once if you lose the authenticator. They are not shown again.";
constexpr Text kBack = "Back to your account";
constexpr Text kSessions = "Sessions";
constexpr Text kThisSession = " (this one)";
constexpr Text kEnd = "End";
constexpr Text kEndOthers = "End all other sessions";
constexpr Text kSince = "since ";
constexpr Text kLastUsed = "last used ";
constexpr Text kOtherLogins = "Other ways to log in";
constexpr Text kConnect = "Connect";
constexpr Text kOnlyWay = "This is your only way to log in. Set a password or add a passkey first.";
constexpr Text kConnected = "This login is yours now.";
constexpr Text kFarLogout = "You are logged out here. Some other sites may still keep you logged in: close the browser to be sure.";
constexpr Text kConnections = "Connected applications";
constexpr Text kNone = "None.";
constexpr Text kDisconnect = "Disconnect";
constexpr Text kTokens = "Tokens";
constexpr Text kRevoke = "Revoke";
constexpr Text kDevices = "Devices";

constexpr Text kDeviceTitle = "Connect a device";
constexpr Text kDeviceCode = "Code that the device shows";
constexpr Text kDeviceUnknown = "This code is not known. Look at the device: it may show another one by now.";
constexpr Text kDeviceAsk = "Only go on if you see this code on your own device now: ";
constexpr Text kDeviceDone = "The device is connected. You may close this page.";
constexpr Text kDeviceDenied = "The device was not connected. You may close this page.";

constexpr Text kInviteTitle = "Choose your password";
constexpr Text kInviteGone = "This link was used before, or has expired. Ask for a new one.";
constexpr Text kInviteFor = "For ";
constexpr Text kSetPassword = "Set password";
constexpr Text kInviteDone = "Your password is set. You can log in now.";

constexpr Text kErrorTitle = "This did not work";
constexpr Text kErrorClient = "The application sent a request that cannot be answered. Its developer may need this:";
constexpr Text kElsewhere = "You may not log in from this network.";
constexpr Text kSendTitle = "One moment";
constexpr Text kSend = "You are on your way back to the application.";

}  // namespace jeton::protocols::pages::texts

"""Addresses of family sharing."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from family.models.invitations import NUMBER
from family.views.citizen import (
    accept_on_device,
    answering,
    closing,
    home,
    invitations,
    inviting,
    members,
    payers,
    pool,
    result,
    usage,
)


class InvitationNumber(StringConverter):
    """The number of an invitation; whatever is not shaped like one is no address."""

    regex = NUMBER


register_converter(InvitationNumber, "invitation")

urlpatterns = [
    path("family/", home.family, name="family"),
    # Inviting, in three steps
    path("family/invite/relation/", inviting.relation, name="family_invite_relation"),
    path("family/invite/others/", inviting.others, name="family_invite_others"),
    path("family/invite/person/", inviting.person, name="family_invite_person"),
    path("family/invite/terms/", inviting.terms, name="family_invite_terms"),
    path("family/invite/check/", inviting.check, name="family_invite_check"),
    path("family/invite/discard/", inviting.discard, name="family_invite_discard"),
    # One's own invitations
    path("family/invitations/<invitation:number>/", invitations.invitation, name="family_invitation"),
    path("family/invitations/<invitation:number>/sent/", invitations.sent, name="family_invite_sent"),
    path("family/invitations/<invitation:number>/print/", invitations.sheet, name="family_invitation_sheet"),
    path("family/invitations/<invitation:number>/resend/", invitations.resend, name="family_resend"),
    path("family/invitations/<invitation:number>/withdraw/", invitations.withdraw, name="family_withdraw"),
    # Answering
    path("family/invitations/<invitation:number>/answer/", answering.answer, name="family_answer"),
    path("family/invitations/<invitation:number>/refuse/", answering.refuse, name="family_refuse"),
    path(
        "family/invitations/<invitation:number>/stranger/",
        answering.report_unknown_sender,
        name="family_report_unknown_sender",
    ),
    path("family/invitations/<invitation:number>/here/", accept_on_device.accept, name="family_accept_on_device"),
    path(
        "family/invitations/<invitation:number>/here/code/",
        accept_on_device.send_code,
        name="family_accept_on_device_code",
    ),
    path("family/child/", accept_on_device.child, name="family_child"),
    path("family/child/<invitation:number>/", accept_on_device.child_answer, name="family_child_answer"),
    path("family/open/", answering.landed, name="family_landed"),
    path("family/open/<str:token>/", answering.land, name="family_land"),
    # Who uses my money
    path("family/members/<int:bond_id>/", members.member, name="family_member"),
    path("family/members/<int:bond_id>/limit/", members.limit, name="family_limit"),
    path("family/members/<int:bond_id>/end/", members.end_day, name="family_end_day"),
    path("family/members/<int:bond_id>/suspend/", members.suspend, name="family_suspend"),
    path("family/members/<int:bond_id>/resume/", members.resume, name="family_resume"),
    path("family/members/<int:bond_id>/remove/", members.remove, name="family_remove"),
    path("family/transfer/", pool.transfer, name="family_transfer"),
    path("family/transfer/left/", pool.left, name="family_transfer_left"),
    path("family/transfer/check/", pool.check, name="family_transfer_check"),
    path("family/close/", closing.close, name="family_close"),
    # Whose money I use
    path("family/from-others/", payers.from_others, name="family_from_others"),
    path("family/from-others/move/", payers.move, name="family_move"),
    path("family/from-others/preview/", payers.preview, name="family_preview"),
    path("family/from-others/<int:bond_id>/", payers.payer, name="family_payer"),
    path("family/from-others/<int:bond_id>/leave/", payers.leave, name="family_leave"),
    # What was used, and the result of every act
    path("family/usage/", usage.usage, name="family_usage"),
    path("family/usage/file/", usage.usage_file, name="family_usage_file"),
    path("family/usage/others/", usage.usage_of_others, name="family_usage_others"),
    path("family/usage/others/file/", usage.usage_of_others_file, name="family_usage_others_file"),
    path("family/done/<int:event_id>/", result.show, name="family_result"),
    path("family/done/<int:event_id>/undo/", result.undo, name="family_undo"),
]

"""The words of messages, Vietnamese and English side by side; pages have their own catalogue."""

from keng_wire.alarm import Category

HEADS: dict[Category, tuple[str, str]] = {
    Category.FIRE: ("CHÁY", "FIRE"),
    Category.MEDICAL: ("CẤP CỨU", "MEDICAL"),
    Category.SECURITY: ("AN NINH", "SECURITY"),
    Category.FAULT: ("LỖI KỸ THUẬT", "TECHNICAL FAULT"),
    Category.INFO: ("THÔNG TIN", "INFORMATION"),
}

CAUSES: dict[str, tuple[str, str]] = {
    "smoke": ("đầu báo khói", "smoke detector"),
    "heat": ("đầu báo nhiệt", "heat detector"),
    "gas": ("rò khí gas", "gas leak"),
    "manual_call_point": ("có người ấn nút báo cháy", "fire call point pressed"),
    "sos_button": ("có người bấm nút khẩn cấp", "SOS button pressed"),
    "fire_panel": ("tủ báo cháy", "fire panel"),
    "intrusion": ("có xâm nhập", "intrusion"),
    "contact": ("cửa bị mở", "door opened"),
    "other": ("chưa rõ nguyên nhân", "cause not known"),
    # Faults: marks of a device, faults of a node, and what the hub itself finds.
    "fault": ("thiết bị lỗi", "device fault"),
    "comms_lost": ("thiết bị mất kết nối", "device does not answer"),
    "tamper": ("thiết bị có thể bị can thiệp, cần kiểm tra", "device may have been tampered with, please check"),
    "low_battery": ("thiết bị sắp hết pin", "device battery low"),
    "mains_lost": ("mất điện lưới", "mains power lost"),
    "uplink": ("trạm không gửi được báo động", "node cannot pass on an alarm"),
    "outbox": ("trạm không lưu được tin", "node cannot store messages"),
    "disk": ("thẻ nhớ của trạm có lỗi", "disk trouble at the node"),
    "clock": ("đồng hồ của trạm sai", "node clock wrong"),
    "sounder": ("chuông, còi có lỗi", "bell or siren fault"),
    "config": ("trạm từ chối cấu hình", "node refused its configuration"),
    "power": ("nguồn điện của trạm có lỗi", "power trouble at the node"),
    "node_silent": ("mất liên lạc với trạm", "contact with the node lost"),
    "nobody_came": ("không ai tiếp nhận một sự cố", "nobody took on an incident"),
    "undelivered": ("có người trực không nhận được tin", "a person on duty could not be reached"),
    "smoke_hint": (
        "cần xem, camera thấy giống khói, chưa chắc",
        "please check, a camera sees something like smoke, not sure",
    ),
    "fire_hint": ("cần kiểm tra, camera thấy giống lửa", "please check, a camera sees something like fire"),
    "resident_report": ("tin báo của dân", "reported by a resident"),
    "mass_outage": ("mất điện hoặc mất liên lạc diện rộng", "power or contact lost over a wide area"),
    "fault_storm": ("nhiều thiết bị cùng lỗi (bão lỗi)", "many devices at fault at once"),
    "self_test": ("trạm không qua tự kiểm tra", "self-test of a node failed"),
    "drill": ("bài diễn tập của xã", "a drill of the commune"),
    "warning": ("cảnh báo thời tiết, thiên tai", "weather or disaster warning"),
    "unreached": ("có hộ dân không nhận được tin", "households could not be reached"),
    "channel": ("một kênh gửi tin không hoạt động", "a message channel does not work"),
    "budget": ("một kênh gửi tin hết hạn mức", "a message channel has used up its budget"),
}

SURENESS: dict[str, tuple[str, str]] = {
    "single_detector": ("Chưa xác minh", "Not verified"),
    "two_detectors": ("Từ hai đầu báo trở lên", "Two detectors or more"),
    "person": ("Người tại chỗ báo", "Reported by a person there"),
    "reported": ("Dân báo, chưa xác minh", "Reported by a resident, not verified"),
    "advisory": ("Thiết bị tham khảo, chưa xác minh", "Advisory device, not verified"),
    "hinted_smoke": (
        "Camera cũng thấy giống khói, chưa chắc, chưa xác minh",
        "A camera sees something like smoke too, not sure, not verified",
    ),
    "hinted_flames": (
        "Camera cũng thấy giống lửa, chưa xác minh",
        "A camera sees something like fire too, not verified",
    ),
    "isolated": ("Ở điểm bị cô lập, còi không kêu", "At an isolated point, bells silent"),
    "confirmed": ("Đã xác nhận có thật", "Confirmed as real"),
    "rescued": ("Tin đọc được không đủ, chưa xác minh", "Message not readable as a whole, not verified"),
}

VERDICTS: dict[str, tuple[str, str]] = {
    "false_alarm": ("Là báo nhầm, không có nguy hiểm", "It was a false alarm, there is no danger"),
    "hoax": ("Là báo giả, không có nguy hiểm", "It was a false report, there is no danger"),
    "device_fault": ("Do lỗi thiết bị, không có nguy hiểm", "It was a faulty device, there is no danger"),
    "drill": ("Kết thúc diễn tập", "The drill is over"),
    "over": ("Đã khống chế", "It is under control"),
}

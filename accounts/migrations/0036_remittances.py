"""A kind of voucher for what the treasury pays a tax office (解缴税务)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0035_objections"),
    ]

    operations = [
        migrations.AlterField(
            model_name="transfer",
            name="kind",
            field=models.CharField(
                choices=[
                    ("accrual", "按月划入"),
                    ("precredit", "预划"),
                    ("adjustment", "预划调整"),
                    ("trueup", "多划追回"),
                    ("interest", "计息"),
                    ("rollover", "年终结转"),
                    ("spending", "使用"),
                    ("transfer_in", "转入共济账户"),
                    ("transfer_back", "共济账户转回"),
                    ("premium", "代缴居民医保"),
                    ("remittance", "解缴税务"),
                    ("payout", "转出或清退"),
                    ("opening", "期初"),
                    ("moved", "关系转移"),
                    ("inheritance", "继承"),
                    ("merge", "登记合并"),
                    ("write_off", "核销"),
                    ("manual", "人工调账"),
                    ("reversal", "冲正"),
                ],
                max_length=16,
                verbose_name="业务",
            ),
        ),
        migrations.AlterField(
            model_name="voucher",
            name="kind",
            field=models.CharField(
                choices=[
                    ("accrual", "按月划入"),
                    ("precredit", "预划"),
                    ("adjustment", "预划调整"),
                    ("trueup", "多划追回"),
                    ("interest", "计息"),
                    ("rollover", "年终结转"),
                    ("spending", "使用"),
                    ("transfer_in", "转入共济账户"),
                    ("transfer_back", "共济账户转回"),
                    ("premium", "代缴居民医保"),
                    ("remittance", "解缴税务"),
                    ("payout", "转出或清退"),
                    ("opening", "期初"),
                    ("moved", "关系转移"),
                    ("inheritance", "继承"),
                    ("merge", "登记合并"),
                    ("write_off", "核销"),
                    ("manual", "人工调账"),
                    ("reversal", "冲正"),
                ],
                max_length=16,
                verbose_name="业务",
            ),
        ),
    ]

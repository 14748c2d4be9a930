"""What inspectors see and touch. Screens show a state and send up events; they decide nothing.

- `theme`: colours, sizes, the font
- `icons`: drawn signs, for the font has none
- `blocks`: layouts that know their height at once
- `widgets`: buttons, chips, badges, banners, fields
- `sheets`: what comes up over a screen: signing, the calendar, a question with two answers
- `answers`: one control for each type of answer
- `question`: one question of a checklist with its control
- `column`: a long list that builds only what is near
- `inspection`, `today`, `outbox`, `settings`: the screens
- `shell`: the rail, the screen chosen, what lies above it
"""
